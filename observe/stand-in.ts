/** `whole` with some methods taken over; the others run on `whole` itself, whose private fields they need. */
export function standIn<Whole extends object>(whole: Whole, own: Partial<Whole>): Whole {
  return new Proxy(whole, {
    get: (target, key) => {
      const taken = own[key as keyof Whole];
      if (taken !== undefined) return taken;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** `whole`, with `told` how long each call of the named methods took, in seconds. They must be synchronous. */
export function timed<Whole extends object>(
  whole: Whole,
  names: RegExp,
  told: (method: string, seconds: number) => void,
): Whole {
  return new Proxy(whole, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      if (typeof key !== 'string' || !names.test(key)) return value.bind(target);
      return (...values: unknown[]) => {
        const startedMs = performance.now();
        try {
          return value.apply(target, values);
        } finally {
          told(key, (performance.now() - startedMs) / 1000);
        }
      };
    },
  });
}
