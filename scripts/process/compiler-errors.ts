/** The lines of a compiler's output without its warnings, most of which are about packages. */
export function compilerErrors(output: string): string[] {
  return output
    .split(/\n\s*\n/)
    .filter((block) => block.trim() !== '' && !block.trimStart().startsWith('Warning:'))
    .flatMap((block) => block.split('\n'));
}
