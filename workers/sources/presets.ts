/** A public ticker: where it is asked for a pair, and where the last price stands in the answer. */
interface Preset {
  url(base: string, quote: string): string;
  readonly json: string;
}

export const PRESETS = {
  coinbase: {
    url: (base, quote) => `https://api.exchange.coinbase.com/products/${base}-${quote}/ticker`,
    json: '$.price',
  },
  kraken: {
    url: (base, quote) => `https://api.kraken.com/0/public/Ticker?pair=${base}${quote}`,
    // Kraken answers under its own name of the pair (XETHZUSD), so the one entry is taken whatever its name.
    json: '$.result.*.c[0]',
  },
  binance: {
    url: (base, quote) => `https://api.binance.com/api/v3/ticker/price?symbol=${base}${quote}`,
    json: '$.price',
  },
  bitstamp: {
    url: (base, quote) => `https://www.bitstamp.net/api/v2/ticker/${(base + quote).toLowerCase()}/`,
    json: '$.last',
  },
} as const satisfies Record<string, Preset>;
