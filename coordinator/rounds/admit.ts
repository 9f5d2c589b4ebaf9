import {
  commitmentsDigest,
  isErrorCode,
  noSharedKeys,
  type ParticipantName,
  type Post,
  type PostOf,
  type SumPurpose,
  sumsPerRound,
} from '../../contract/index.js';
import { mostRevealBytes, recoveryBytes } from '../../crypto/secure-sum/adder.js';
import { admitParcel, admitReport } from './admit-step.js';
import { shapeOf, sumName } from './agreement.js';
import type { SenderFacts, UploadFacts } from './facts.js';
import { keyingGraphOf } from './graph.js';
import { keyedDigestOf, keyedIn, keysClosedTo } from './keyed.js';
import { malformed, outOfPlace, refuse } from './refusal.js';
import { canFollow } from './sequence.js';
import {
  type Agreed,
  type Applying,
  isSumming,
  isVerticalKeying,
  type KeyBatch,
  type Signing,
  type Sum,
  type Summing,
  type Unfinished,
} from './state.js';

/** Pieces of one sealed sequence; keys and shares of any allowed batch fit into one. */
const piecesPerSealedRun = 16;

/**
 * Whether a post is in place. The sender's signature and its earlier posts are checked before.
 * @throws {CodedError} a code that says why not; the state stays as it is.
 */
export function admit(
  state: Unfinished,
  post: Post,
  sender: SenderFacts,
  upload: UploadFacts | undefined,
): void {
  const { body } = post;
  const { charter } = state;
  if (post.sender !== sender.name) refuse('MESSAGE_UNEXPECTED', `${sender.name} posted in another name`);
  if (!charter.roster.includes(post.sender)) {
    refuse('MESSAGE_UNEXPECTED', `${post.sender} is not a participant of the job`);
  }
  if (isSumming(state) && state.left.has(post.sender)) {
    refuse('JOB_ENDED', `${post.sender} has left the job, which goes on without it`);
  }
  checkRosterDigest(state, post);
  switch (body.kind) {
    case 'consent':
      if (state.kind !== 'awaiting-consent') outOfPlace(state, body.kind);
      if (body.specDigest !== charter.specDigest) malformed('consent.specDigest is of another spec');
      if (body.approved !== (body.code === '')) malformed('consent.code must be set exactly when refusing');
      if (!body.approved && !isErrorCode(body.code)) malformed('consent.code is not in the catalogue');
      return;
    case 'join':
      if (state.kind !== 'keying' || state.keying.stage !== 'joining') outOfPlace(state, body.kind);
      admitJoin(body, charter.specDigest, sender);
      return;
    case 'keyCommitments':
      if (!signingOf(state)) outOfPlace(state, body.kind);
      onlyFirst(state, post.sender, body.kind);
      return;
    case 'rosterSignature':
      admitRosterSignature(state, body);
      return;
    case 'sumKeys': {
      const batch = batchOf(state);
      if (body.firstSum !== batch?.firstSum) lateKeys(state, post.sender, body.firstSum, body.kind);
      if (body.keys.length !== batch.count) malformed(`sumKeys must hold ${batch.count} keys`);
      return;
    }
    case 'sealed':
      admitSealed(state, post.sender, body);
      return;
    case 'contribution':
      admitContribution(state, post.sender, body, upload);
      return;
    case 'survivorSignature': {
      const sum = sumOf(state, body.sum);
      if (!sum || sum.phase === 'collecting' || sum.phase === 'skipped') outOfPlace(state, body.kind);
      return;
    }
    case 'reveal':
      admitReveal(state, body);
      return;
    case 'recovery':
      admitRecovery(state, body);
      return;
    case 'applied':
      admitApplied(state, body);
      return;
    case 'parcel':
      admitParcel(state, post.sender, body, upload);
      return;
    case 'report':
      admitReport(state, post.sender, body);
      return;
    case 'abort':
      if (!isErrorCode(body.code)) malformed('abort.code is not in the catalogue');
      if (body.party !== '' && !charter.roster.some((name) => name === body.party)) {
        malformed('abort.party is not a participant of the job');
      }
      return;
  }
}

/** The roster digest that posts must carry now; undefined before the roster is fixed. */
function rosterDigestOf(state: Unfinished): string | undefined {
  if (state.kind === 'awaiting-consent') return undefined;
  if (state.kind !== 'keying') return state.rosterDigest;
  return state.keying.stage === 'joining' ? undefined : state.keying.rosterDigest;
}

function checkRosterDigest(state: Unfinished, { body, rosterDigest }: Post): void {
  if (body.kind === 'consent' || body.kind === 'join') {
    if (rosterDigest !== '') malformed(`${body.kind} carries a roster digest`);
    return;
  }
  if (body.kind === 'abort' && rosterDigest === '') return;
  const fixed = rosterDigestOf(state);
  if (fixed === undefined) outOfPlace(state, body.kind);
  if (rosterDigest !== fixed) refuse('ROSTER_MISMATCH', `${body.kind} was made for another roster`);
}

function admitJoin(body: PostOf<'join'>, specDigest: string, sender: SenderFacts): void {
  if (body.specDigest !== specDigest) refuse('ROSTER_ENTRY_REPLAYED', 'join was made for another spec');
  if (body.organisation !== sender.organisation) malformed('join.organisation differs from the certificate');
  if (body.party !== sender.role) malformed('join.party differs from the certificate');
  if (body.certificateFingerprint !== sender.certificateFingerprint) {
    malformed('join.certificateFingerprint is not of the certificate in use');
  }
  if (body.identityKey !== sender.identityKey) malformed('join.identityKey is not the enrolled one');
}

function admitRosterSignature(state: Unfinished, body: PostOf<'rosterSignature'>): void {
  if (state.kind !== 'keying' || state.keying.stage !== 'signing') outOfPlace(state, body.kind);
  const { rosterDigest } = state.keying;
  if (body.rosterDigest !== rosterDigest || body.commitmentsDigest !== sharedKeysDigest(state)) {
    refuse('ROSTER_MISMATCH', 'rosterSignature is over another roster or other key commitments');
  }
}

/** What a signature over the roster must say of the job's shared keys. */
function sharedKeysDigest(state: Unfinished): string {
  const commitments = signingOf(state)?.commitments;
  if (commitments) return commitmentsDigest(commitments);
  if (state.kind === 'keying' && isVerticalKeying(state)) return noSharedKeys;
  return refuse('MESSAGE_UNEXPECTED', 'rosterSignature before the key commitments');
}

/** The stage in which shared keys are made; a vertical job has none. */
function signingOf(state: Unfinished): Signing | undefined {
  if (state.kind !== 'keying' || isVerticalKeying(state)) return undefined;
  return state.keying.stage === 'signing' ? state.keying : undefined;
}

function admitSealed(state: Unfinished, sender: ParticipantName, body: PostOf<'sealed'>): void {
  const { roster } = state.charter;
  if (!roster.includes(body.to) || body.to === sender) malformed('sealed.to is not another participant');
  if (body.seq >= piecesPerSealedRun) malformed(`sealed.seq must be below ${piecesPerSealedRun}`);
  const run = sealedRunOf(state, sender, body);
  if (run.last !== undefined && (body.last || body.seq > run.last)) malformed('sealed sequence ended before');
  if (body.last && [...run.seqs].some((seq) => seq > body.seq)) malformed('sealed sequence went on already');
}

function sealedRunOf(state: Unfinished, sender: ParticipantName, body: PostOf<'sealed'>) {
  const none = { seqs: new Set<number>(), last: undefined };
  switch (body.purpose) {
    case 'job-keys': {
      const signing = signingOf(state);
      if (!signing || body.sum !== 0) return outOfPlace(state, 'sealed job-keys');
      onlyFirst(state, sender, 'sealed job-keys');
      return signing.jobKeys.get(body.to) ?? none;
    }
    case 'sum-shares': {
      const batch = batchOf(state);
      if (body.sum !== batch?.firstSum) return lateKeys(state, sender, body.sum, 'sealed sum-shares');
      if (!keyingGraphOf(state).areNeighbours(sender, body.to))
        malformed('sealed.to holds no shares of the sender');
      return batch.shares.get(sender)?.get(body.to) ?? none;
    }
  }
}

function admitContribution(
  state: Unfinished,
  sender: ParticipantName,
  body: PostOf<'contribution'>,
  upload: UploadFacts | undefined,
): void {
  if (!isSumming(state)) outOfPlace(state, body.kind);
  const named = sumOf(state, body.sum);
  if (body.purpose !== named?.purpose || body.round !== named.round) {
    const { sum, purpose, round } = state.current;
    refuse('MESSAGE_UNEXPECTED', `sum ${sum} (${purpose}, round ${round}) is open, not ${nameOf(body)}`);
  }
  checkKeyed(state, sender, body);
  checkCollecting(state, body.sum);
  if (named.bound && !named.bound.includes(sender)) {
    refuse('ROUND_CLOSED', `${sumName(named)} goes on with those who began its tree`);
  }
  if (upload?.prescribedBytes !== undefined && body.bytes !== upload.prescribedBytes) {
    refuse(
      'SUM_MALFORMED',
      `${body.valueCount} values in the ${body.parameterSet} set are ${upload.prescribedBytes} bytes, not ${body.bytes}`,
      [sender],
    );
  }
  const asked = upload?.prescribedSet ?? body.parameterSet;
  // Rounds are alike, levels of trees are not; before the first nobody but the participants can say how many values there are.
  const [one] = sumsPerRound(state.charter.spec) > 1 ? [] : firstShape(state, body.purpose);
  const like = one ? shapeOf(one) : shapeOf({ ...body, parameterSet: asked });
  if (shapeOf(body) !== like) {
    refuse('SUM_SHAPE', `${sumName(body)} takes ${like}, not ${shapeOf(body)}`, [sender]);
  }
  if (!upload?.complete) refuse('UPLOAD_MISSING', 'the upload of this contribution is not complete');
}

function firstShape({ past }: Summing, wanted: SumPurpose): (PostOf<'contribution'> | undefined)[] {
  const before = past.findLast((sum): sum is Agreed => sum.phase === 'agreed' && sum.purpose === wanted);
  return before ? [before.contributions.get(before.members[0]!)] : [];
}

/** Only those with mask keys contribute, and masked with the others that have some. */
function checkKeyed(state: Summing, sender: ParticipantName, { sum, keyed }: PostOf<'contribution'>): void {
  if (!keyedIn(state, sum).includes(sender)) {
    refuse('KEYS_CLOSED', `sum ${sum} goes without mask keys of ${sender}`);
  }
  if (keyed !== keyedDigestOf(state, sum)) {
    refuse('KEYS_MISMATCH', `${sender} masked sum ${sum} with others than those that have mask keys`, [
      sender,
    ]);
  }
}

/** Keys of no batch under way: too late for one that closed without them, else out of place. */
function lateKeys(state: Unfinished, sender: ParticipantName, firstSum: number, what: string): never {
  if (keysClosedTo(state, sender, firstSum)) {
    refuse('KEYS_CLOSED', `the mask keys from sum ${firstSum} on closed without ${sender}`);
  }
  return outOfPlace(state, what);
}

/** Everybody receives what one says here: it has the size that it needs, and no more. */
function admitReveal(state: Unfinished, { kind, sum: number, ciphertext }: PostOf<'reveal'>): void {
  const sum = sumOf(state, number);
  if (!isSumming(state) || !isOpen(sum)) outOfPlace(state, kind);
  const most = mostRevealBytes(keyedIn(state, number).length - sum.members.length);
  if (ciphertext.length > most) malformed(`reveal.ciphertext has more than ${most} bytes`);
}

function admitRecovery(state: Unfinished, body: PostOf<'recovery'>): void {
  const sum = sumOf(state, body.sum);
  if (!isOpen(sum)) outOfPlace(state, body.kind);
  const { cause, members, ciphertext } = body;
  if (cause === 'missing' && !sum.missing) refuse('MESSAGE_UNEXPECTED', 'no seeds were asked for');
  const foreign = members.find((name) => !sum.members.includes(name));
  if (foreign !== undefined) malformed(`recovery.members holds ${foreign}, which is not in the sum`);
  if (new Set(members).size < members.length) malformed('recovery.members names somebody twice');
  const bytes = recoveryBytes(members.length);
  if (ciphertext.length !== bytes) malformed(`recovery.ciphertext must have ${bytes} bytes`);
}

function admitApplied(state: Unfinished, body: PostOf<'applied'>): void {
  const sum = sumOf(state, body.sum);
  if (!isSumming(state) || !isOpen(sum)) outOfPlace(state, body.kind);
  const { spec } = state.charter;
  if (!canFollow(spec, sum, body.next)) {
    refuse(
      'SUM_OUT_OF_ORDER',
      `${body.next.purpose} round ${body.next.round} cannot follow ${sum.purpose} round ${sum.round}`,
    );
  }
  const withheld = body.metrics.find(({ name }) => !spec.release.includes(name));
  if (withheld) malformed(`applied.metrics holds ${withheld.name}, which the job does not release`);
}

export function batchOf(state: Unfinished): KeyBatch | undefined {
  if (state.kind === 'keying') return state.keying.stage === 'sharing' ? state.keying.batch : undefined;
  return isSumming(state) ? state.batch : undefined;
}

export function sumOf(state: Unfinished, sum: number): Sum | undefined {
  if (!isSumming(state)) return undefined;
  return state.current.sum === sum ? state.current : state.past[sum];
}

/**
 * Whether a sum still takes contributions. What comes after its survivor set was fixed stays outside: that is lateness,
 * not a broken protocol.
 * @throws {CodedError} ROUND_CLOSED, or MESSAGE_UNEXPECTED for a sum that has not started.
 */
export function checkCollecting(state: Unfinished, wanted: number): void {
  const sum = sumOf(state, wanted);
  if (!sum) refuse('MESSAGE_UNEXPECTED', `sum ${wanted} is not open for uploads`);
  if (sum.phase !== 'collecting') refuse('ROUND_CLOSED', `${sumName(sum)} went on without this upload`);
}

/** Added up, so that it can be opened. */
function isOpen(sum: Sum | undefined): sum is Applying | Agreed {
  return sum?.phase === 'applying' || sum?.phase === 'agreed';
}

function onlyFirst(state: Unfinished, sender: ParticipantName, what: string): void {
  if (sender !== state.charter.roster[0]) {
    refuse('MESSAGE_UNEXPECTED', `${what} is for ${state.charter.roster[0]} to post, not ${sender}`);
  }
}

function nameOf(body: PostOf<'contribution'>): string {
  return `sum ${body.sum} (${body.purpose}, round ${body.round})`;
}
