/**
 * Prices of a CSV file with a header line, oldest first.
 *
 * @param column name of the price column; the last one when absent
 * @throws Error that names the line when a price is missing, not a number or not above 0
 */
export function pricesOfCsv(text: string, column?: string): number[] {
  const [header, ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const names = cells(header ?? '');
  const at = column === undefined ? names.length - 1 : names.indexOf(column);
  if (at < 0) throw new Error(`no column "${column}": the header has ${names.join(', ')}`);
  return lines.map((line, index) => {
    const cell = cells(line)[at] ?? '';
    const price = Number(cell);
    if (cell === '' || !Number.isFinite(price) || price <= 0)
      throw new Error(`line ${index + 2} has no price above 0 in column "${names[at]}": "${cell}"`);
    return price;
  });
}

const cells = (line: string): string[] => line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
