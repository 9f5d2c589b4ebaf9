export { decide, type PolicyDecision, type PolicyRequest, type Refusal } from './decide.js';
export { explainPolicy } from './explain-policy.js';
export { emptyPolicy, type Policy, type PolicyRule, parsePolicy, readPolicy } from './policy-file.js';
