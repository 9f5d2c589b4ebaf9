export { decide, type PolicyDecision, type PolicyRequest } from './decide.js';
export { decideVertical, type VerticalDecision, type VerticalRequest } from './decide-vertical.js';
export { explainPolicy } from './explain-policy.js';
export { type OnlineGrant, type OnlineRequest, onlineGrant } from './online-grant.js';
export { emptyPolicy, type Policy, type PolicyRule, parsePolicy, readPolicy } from './policy-file.js';
export type { Refusal } from './verdict.js';
export type { VerticalRule } from './vertical-rule.js';
