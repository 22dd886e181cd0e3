/** As many calendar months later, in UTC; the last day of the month where it has no such day. */
export function monthsAfter(at: Date, months: number): Date {
  const end = new Date(at);
  end.setUTCMonth(at.getUTCMonth() + months);
  // A 31st that is not there has become one of the first days of the month after.
  if (end.getUTCDate() !== at.getUTCDate()) end.setUTCDate(0);
  return end;
}
