/** One line of what to mend in a manifest or its service. */
export interface Mend {
  /** True where the service cannot be used as it is; false where it would only be slow or say less than it could. */
  readonly needed: boolean;
  readonly text: string;
}
