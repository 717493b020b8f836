/** An input in a form that can be pasted into a test. */
export function pasteable(input: unknown): string {
  if (input instanceof Uint8Array) return `Buffer.from('${Buffer.from(input).toString('base64')}', 'base64')`;
  if (typeof input === 'string') return JSON.stringify(input);
  if (Array.isArray(input)) return `[${input.map(pasteable).join(', ')}]`;
  if (typeof input === 'object' && input !== null) return `{ ${Object.entries(input).map(([key, value]) => `${JSON.stringify(key)}: ${pasteable(value)}`).join(', ')} }`;
  return String(input);
}
