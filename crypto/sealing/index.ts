export { generateSealKeys, type SealKeys } from './hpke.js';
export { openParcel, type ParcelPlace, type SealedParcel, sealedParcelBytes, sealParcel } from './parcel.js';
export { openSealed, type SealAad, type SealedMessage, seal } from './sealed.js';
