import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';

/** Made for machines that run one page and end; here the browser shall outlive its pages. */
const UNWANTED = ['--single-process', '--no-zygote'];

/** A real Chromium, from the package that carries one. */
export async function launchChromium(): Promise<Browser> {
  return await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: chromium.args.filter((argument) => !UNWANTED.includes(argument)),
    headless: true,
  });
}
