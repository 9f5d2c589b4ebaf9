/** The part of sodium-native that this room uses; the package has no types. CommonJS: import the default. */
declare module 'sodium-native' {
  const sodium: {
    /**
     * target = scalar · point (RFC 7748, X25519): clamps the scalar, ignores bit 255 of the point, takes values >= p
     * modulo p. All arguments 32 bytes. Throws when the result is zero.
     */
    crypto_scalarmult(target: Uint8Array, scalar: Uint8Array, point: Uint8Array): void;
  };
  export default sodium;
}
