/** Where in a YAML file: keys of maps and indexes of lists. */
export type ManifestPath = readonly (string | number)[];

/** One thing to mend in a manifest. */
export interface ManifestProblem {
  /** The file, relative to the directory of manifests. */
  readonly file: string;
  /** Dotted path inside it, e.g. `system[0].privacy_declarations[1].data_use`; empty for the file as a whole. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** What is wrong and how to mend it; never a value of the environment. */
  readonly message: string;
}

/** Some manifests cannot be used. `problems` has all of them; the message lists them, one per line. */
export class ManifestError extends Error {
  constructor(readonly problems: readonly ManifestProblem[]) {
    super(problems.map(describeProblem).join('\n'));
    this.name = 'ManifestError';
  }
}

function describeProblem({ file, line, path, message }: ManifestProblem): string {
  return `${file}:${line} ${path === '' ? '' : `${path}: `}${message}`;
}

/** `['system', 0, 'name']` → `system[0].name`. */
export function printPath(path: ManifestPath): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}

/** `; did you mean "x"?`, or nothing where nothing is near. */
export function didYouMean(nearest: string | undefined): string {
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}
