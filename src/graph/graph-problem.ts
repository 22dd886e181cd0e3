/** Why a service's part of the graph is missing, or not the newest. */
export interface GraphProblem {
  readonly service: string;
  /** `UNREAD`: its SDL cannot be had, or read. `UNFIT`: it does not compose with the others. */
  readonly kind: 'UNREAD' | 'UNFIT';
  /** One line for each thing to mend. */
  readonly messages: readonly string[];
  /** Whether an earlier SDL of the service is served meanwhile. */
  readonly isServed: boolean;
  readonly since: Date;
}
