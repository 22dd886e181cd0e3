/** Whether an address is on this machine: what goes there passes no network. */
function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|(.+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\]|)$/i.test(hostname);
}

const ENCRYPTED = ['require', 'verify-ca', 'verify-full'];

/** Whether data on its way to this address can be read by nobody else: it is encrypted, or stays on this machine. */
export function isConfidential(address: string): boolean {
  const url = new URL(address);
  if (isLoopback(url)) return true;
  if (url.protocol.startsWith('postgres')) return ENCRYPTED.includes(url.searchParams.get('sslmode') ?? '');
  return url.protocol === 'https:';
}

/** What to do about an address that is not confidential. Never repeats it: addresses hold passwords. */
export const CONFIDENTIAL_MEND = {
  postgres: 'data to another host must be encrypted: add ?sslmode=verify-full, or sslmode=require, to the address.',
  http: 'data to another host must be encrypted: give an address that begins with https://.',
} as const;
