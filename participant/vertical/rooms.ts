import { ProductRoom } from '../../crypto/matvec/index.js';
import { PsiPool } from '../../crypto/psi/index.js';

let psi: PsiPool | undefined;
let products: ProductRoom | undefined;

/** Threads that raise points, opened on first use; they end when idle, and with the worker that opened them. */
export function psiPool(): PsiPool {
  psi ??= PsiPool.open();
  return psi;
}

/** Threads for encrypted products, likewise. */
export function productRoom(): ProductRoom {
  products ??= ProductRoom.open();
  return products;
}
