import pino, { type DestinationStream } from 'pino';

/** Structured log: a constant message, the facts as fields, a child per job. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `<role>:<part>`. */
  readonly name: string;
}

/** JSON lines on standard output (or `destination`); known secret fields are cut out before they are written. */
export function createLogger({ level, name }: LoggerOptions, destination?: DestinationStream): Logger {
  const options = {
    level,
    name,
    redact: {
      paths: ['privateKey', 'password', 'mnemonic', '*.privateKey', '*.password', '*.mnemonic'],
      censor: '[redacted]',
    },
    serializers: { error: pino.stdSerializers.err },
  };
  return destination ? pino(options, destination) : pino(options);
}

const nothing = (): void => undefined;

/** The no-op twin, for tests and tools. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
};
