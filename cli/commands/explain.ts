import {
  CodedError,
  type ErrorCode,
  errorCatalogue,
  isErrorCode,
  nearestName,
} from '../../contract/index.js';
import { exitCodes, exitMeanings } from '../exit-codes.js';
import { page } from '../text/layout.js';
import {
  cataloguePage,
  type Explanation,
  exitCodePage,
  explanationOf,
  explanationPage,
} from '../views/catalogue.js';
import type { CommandGroup } from './command.js';

export function addExplain(top: CommandGroup): void {
  top.add<[string | undefined]>('explain [code]', {
    summary: 'Explain an error code: what happened, who must do what, exit code; all codes without CODE',
    examples: ['fedrisk explain PEER_NOT_PINNED', 'fedrisk explain'],
    run: async ({ palette }, code) => {
      if (code !== undefined) {
        const entry = explanationOf(codeNamed(code));
        return { data: entry, text: explanationPage(entry, palette) };
      }
      const codes: Explanation[] = (Object.keys(errorCatalogue) as ErrorCode[]).map(explanationOf);
      return {
        data: {
          codes,
          exitCodes: Object.entries(exitCodes).map(([name, exit]) => ({
            exit,
            meaning: exitMeanings[name as keyof typeof exitCodes],
          })),
        },
        text: page(cataloguePage(codes, palette), `Exit codes:\n${exitCodePage()}`),
      };
    },
  });
}

/** People type codes in any case, with dashes or blanks. */
function codeNamed(text: string): ErrorCode {
  const code = text.toUpperCase().replace(/[\s-]+/g, '_');
  if (isErrorCode(code)) return code;
  const near = nearestName(code, Object.keys(errorCatalogue));
  const hint = near === undefined ? 'fedrisk explain lists all' : `did you mean ${near}?`;
  throw new CodedError('CONFIG_INVALID', `there is no error code ${text}; ${hint}`);
}
