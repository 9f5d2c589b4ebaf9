import {
  CodedError,
  type ParticipantName,
  type Post,
  type PostOf,
  toCodedError,
} from '../../contract/index.js';
import type { Adder } from '../adding/index.js';
import type { Blobs } from '../blobs/index.js';
import { type Charter, isUnfinished, type JobState, sumOf, type UploadFacts } from '../rounds/index.js';

interface Form {
  readonly key: string;
  readonly checked: Promise<void>;
}

/** What the posts of one job that announce bytes are about. */
export class Uploaded {
  /** What the latest contribution of each sender turned out to be. */
  readonly #forms = new Map<ParticipantName, Form>();

  constructor(private readonly parts: { readonly blobs: Blobs; readonly adder: Adder }) {}

  /**
   * What is known of the bytes that a post announces. A contribution is looked into, once and while its sum takes it, so
   * that adding it cannot fail.
   * @throws {CodedError} SUM_MALFORMED naming the sender; what the store of ciphertexts throws.
   */
  async facts(state: JobState, post: Post): Promise<UploadFacts | undefined> {
    const { charter } = state;
    const facts = await this.#stored(charter, post);
    const { sender, body } = post;
    if (!facts || body.kind !== 'contribution' || !isUnfinished(state)) return facts;
    if (sumOf(state, body.sum)?.phase === 'collecting') await this.#checkForm(charter, sender, body, facts);
    return facts;
  }

  async #stored({ jobId, spec, roster }: Charter, { sender, body }: Post): Promise<UploadFacts | undefined> {
    if (body.kind !== 'contribution' && body.kind !== 'parcel') return undefined;
    const { blobs, adder } = this.parts;
    const place =
      body.kind === 'parcel'
        ? { jobId, sum: body.step, sender, to: body.to }
        : { jobId, sum: body.sum, sender };
    const stored = await blobs.uploadStatus(place, body.digest);
    const complete = stored.complete && stored.receivedBytes === body.bytes;
    if (body.kind === 'parcel') return { complete };
    const prescribedBytes = adder.uploadBytes({ ...body, contributors: roster.length });
    const prescribedSet = spec.mode === 'horizontal' ? adder.prescribedSet(spec, body.purpose) : undefined;
    return { complete, prescribedBytes, prescribedSet };
  }

  /** What the facts are enough to refuse is not looked into. */
  async #checkForm(
    charter: Charter,
    sender: ParticipantName,
    body: PostOf<'contribution'>,
    facts: UploadFacts,
  ): Promise<void> {
    if (!facts.complete || facts.prescribedBytes !== body.bytes) return;
    const key = `${body.sum}/${body.digest}/${body.parameterSet}/${body.valueCount}`;
    const known = this.#forms.get(sender);
    const form = known?.key === key ? known : { key, checked: this.#look(charter, sender, body) };
    this.#forms.set(sender, form);
    await form.checked;
  }

  async #look(
    { jobId, roster }: Charter,
    sender: ParticipantName,
    body: PostOf<'contribution'>,
  ): Promise<void> {
    const { blobs, adder } = this.parts;
    try {
      const path = await blobs.uploadPath({ jobId, sum: body.sum, sender }, body.digest);
      await adder.checkForm({ ...body, contributors: roster.length, path });
    } catch (thrown) {
      const { code, message } = toCodedError(thrown);
      if (code === 'SUM_MALFORMED') {
        throw new CodedError(code, `contribution of ${sender}: ${message}`, {
          cause: thrown,
          parties: [sender],
        });
      }
      // No fault of the bytes: looked into again.
      this.#forms.delete(sender);
      throw thrown;
    }
  }
}
