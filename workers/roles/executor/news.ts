/** Jobs that are remembered; a job forgotten early is said once more, which is harmless. */
const REMEMBERED = 10_000;

/** True the first time that this is said of this job: a message that comes again should not repeat itself in the log. */
export function createNews(): (jobId: string, what: string) => boolean {
  const said = new Set<string>();
  return (jobId, what) => {
    const entry = `${jobId} ${what}`;
    if (said.has(entry)) return false;
    said.add(entry);
    const [oldest] = said;
    if (said.size > REMEMBERED && oldest !== undefined) said.delete(oldest);
    return true;
  };
}
