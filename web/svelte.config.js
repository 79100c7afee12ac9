export default {
  compilerOptions: {
    runes: true,
    // A class is named after its rules alone, so that the folder in which one builds leaves no trace.
    cssHash: ({ hash, css }) => `s-${hash(css)}`,
  },
};
