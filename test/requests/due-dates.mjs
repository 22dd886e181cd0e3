// Prints what the deadline rules say of fixed instants and days, in whatever time zone the process was started.
import { dueDate, endOfLondonDay, londonDay } from '../../dist/src/requests/deadline.js';

const instants = Array.from({ length: 400 }, (_, index) => new Date(Date.UTC(2026, 0, 1) + index * 22.9 * 3_600_000));
const days = instants.map(londonDay);
const due = days.map((day) => [dueDate(day), dueDate(day, { extended: true }), dueDate(day, { pausedDays: 9 })]);
const ends = days.map((day) => endOfLondonDay(day).toISOString());
process.stdout.write(JSON.stringify({ offset: new Date(0).getTimezoneOffset(), days, due, ends }));
