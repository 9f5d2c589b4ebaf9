/** JSON from a file or a stranger; undefined when it is none, so that the schema after it refuses it. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
