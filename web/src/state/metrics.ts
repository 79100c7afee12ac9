/** Reads the text format of Prometheus, as far as it is shown. */

export interface Sample {
  name: string;
  labels: string;
  value: number;
  help: string;
}

export function metricsOf(text: string): Sample[] {
  const helps = new Map<string, string>();
  const samples: Sample[] = [];
  for (const line of text.split("\n")) {
    const help = /^# HELP (\S+) (.*)$/.exec(line);
    if (help?.[1]) helps.set(help[1], help[2] ?? "");
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (!sample?.[1]) continue;
    const name = sample[1];
    const family = name.replace(/_(total|sum|count|bucket|created)$/, "");
    const labels = (sample[2] ?? "").replaceAll('"', "");
    samples.push({ name, labels, value: Number(sample[3]), help: helps.get(name) ?? helps.get(family) ?? "" });
  }
  return samples;
}
