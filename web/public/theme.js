// Stands before the style sheet, so that a chosen theme is there at the first paint.
try {
  const theme = localStorage.getItem("autochain.theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing shows the theme of its system.
}
