import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { CodedError } from '../contract/index.js';

/** `coordinator.yaml` in the home folder; every field has a default and unknown fields are refused. */
const coordinatorConfig = z
  .strictObject({
    /** Interval of signs of life on sessions; four missed ones end a session. */
    heartbeatSeconds: z.number().min(0.05).max(60).default(5),
    /** Threads that add ciphertexts; one sum uses one. */
    addingThreads: z.int().min(1).max(16).default(2),
    /** How long a feature holder may take to answer one score question. */
    scoreSeconds: z.number().min(0.05).max(10).default(10),
    /** A file in the home, or the URL of a PostgreSQL database that replicas share; FEDRISK_STORE goes before it. */
    store: z.union([z.literal('sqlite'), z.string().regex(/^postgres(ql)?:\/\//)]).default('sqlite'),
    /**
     * Where ciphertexts are kept: in the home's `folder`, which no other replica sees, in the PostgreSQL store, or under
     * s3://BUCKET/FOLDER with keys from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Absent: with the store.
     */
    blobs: z.union([z.enum(['folder', 'postgres']), z.string().regex(/^s3:\/\//)]).optional(),
    /** Of an S3-compatible store; absent: that of Amazon, and its us-east-1. */
    blobsEndpoint: z.url({ protocol: /^https?$/ }).optional(),
    blobsRegion: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/)
      .optional(),
    /** Prometheus metrics on PORT of this machine, or on HOST:PORT; none when absent. */
    metrics: z.string().max(300).optional(),
    /** Base URL of an OTLP receiver for traces; OTEL_EXPORTER_OTLP_ENDPOINT where absent, none without both. */
    traces: z.url({ protocol: /^https?$/ }).optional(),
  })
  .prefault({});

export type CoordinatorConfig = z.infer<typeof coordinatorConfig>;

/**
 * @param text the file's content, or undefined when there is none.
 * @throws {CodedError} CONFIG_INVALID naming the field.
 */
export function parseConfig(text: string | undefined): CoordinatorConfig {
  let value: unknown;
  try {
    value = text === undefined ? undefined : (parseYaml(text) ?? undefined);
  } catch (error) {
    throw new CodedError('CONFIG_INVALID', `coordinator.yaml: ${(error as Error).message}`, { cause: error });
  }
  const parsed = coordinatorConfig.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String).join('.') || 'file';
  throw new CodedError('CONFIG_INVALID', `coordinator.yaml: ${field}: ${issue?.message}`);
}
