/**
 * The process that runs models: `node workers/inference/onnx-child.ts`, started by `child-process.ts` with an empty
 * working directory, a clean environment and limits. It answers one request at a time over IPC (advanced
 * serialization) and holds nothing that matters: killing it loses at most the run in progress.
 */
import { listSupportedBackends } from 'onnxruntime-node';
import {
  sessionKey,
  type ChildReply,
  type ChildRequest,
  type ChildSettings,
  type ChildState,
  type ModelSource,
  type ReplyByKind,
  type WireError,
} from './child-protocol.ts';
import { loadSession, type LoadedSession } from './loaded-session.ts';
import { createSessionCache, type SessionCache } from './session-cache.ts';
import { CPU, toWireError } from './wire-error.ts';

let settings: ChildSettings = { limits: {}, cache: { maxEntries: 1, maxBytes: 0 } };
let sessions: SessionCache<LoadedSession> = createSessionCache(settings.cache);

async function session(source: ModelSource, provider: string): Promise<{ loaded: LoadedSession; loadMs: number }> {
  const key = sessionKey(source, provider);
  const cached = sessions.get(key);
  if (cached) return { loaded: cached, loadMs: 0 };
  const started = performance.now();
  const loaded = await loadSession(source, provider, settings);
  await sessions.put(key, loaded);
  return { loaded, loadMs: performance.now() - started };
}

async function answer(request: ChildRequest): Promise<ReplyByKind[keyof ReplyByKind]> {
  if (request.kind === 'start') {
    settings = request.settings;
    sessions = createSessionCache(settings.cache);
    return { backends: listSupportedBackends().map((backend) => backend.name) };
  }
  const started = performance.now();
  const { loaded, loadMs } = await session(request.source, request.provider);
  switch (request.kind) {
    case 'load': {
      const { summary, layout, warmUpMs } = loaded;
      return { summary, layout, warmUpMs, loadMs, proof: request.prove ? await loaded.prove() : null };
    }
    case 'batch':
      return loaded.proveBatch();
    case 'run': {
      const { rows, runMs } = await loaded.runRows(request.inputs, request.stack);
      return { rows, loadMs, runMs, childMs: performance.now() - started };
    }
  }
}

function send(answered: { reply: ReplyByKind[keyof ReplyByKind] } | { error: WireError }): void {
  const state: ChildState = { rssBytes: process.memoryUsage.rss(), loaded: sessions.keys };
  process.send?.({ ...answered, ...state } satisfies ChildReply);
}

process.on('message', (request: ChildRequest) => {
  answer(request).then(
    (reply) => {
      send({ reply });
    },
    (error: unknown) => {
      send({ error: toWireError(error, 'provider' in request ? request.provider : CPU) });
    },
  );
});
// Without its host the child has no purpose. A run inside the engine ends first, where nothing kills the child sooner.
process.on('disconnect', () => process.exit(0));
