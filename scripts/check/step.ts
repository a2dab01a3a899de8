/** What a check found: nothing means it passed. One line per problem, each naming the place and what to do. */
export type Problems = readonly string[];

/** One step of `./dev check`. */
export interface Step {
  readonly name: string;
  readonly about: string;
  /** Repairs what it can in place. Absent where nothing can be repaired by a tool. */
  readonly fix?: () => Promise<Problems>;
  readonly run: () => Promise<Problems> | Problems;
}
