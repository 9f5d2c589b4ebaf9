import type { ScoreCopy, ScoreService } from '../participant-door.js';
import { fields, paragraph } from '../text/layout.js';
import type { Palette } from '../text/palette.js';
import { formatCount } from '../text/units.js';
import { shortJobId } from './state.js';

export function servingLine({ url, model, rows, partners }: ScoreService): string {
  const what = `${formatCount(rows)} customers, with ${partners.join(', ')}`;
  return `scores of ${shortJobId(model)} at ${url}/v1/score (${what})`;
}

/** Beside the result when other machines reach the port. */
export function unguardedNote(url: string): string {
  return paragraph(
    `warning: ${url} is reachable from other machines and asks nobody who they are; put TLS and authentication in front.`,
  );
}

/** A finished batch at its label holder. */
export function batchPage(
  batch: Omit<ScoreCopy, 'path'> & { readonly jobId: string; readonly out: string },
  palette: Palette,
): string {
  const { jobId, out, scored, withoutPartner } = batch;
  return fields(
    [
      ['job', jobId, palette.strong],
      ['scores', out],
      ['scored', `${formatCount(scored)} customers`],
      [
        'not scored',
        withoutPartner > 0 ? `${formatCount(withoutPartner)} customers that not every partner has` : '',
      ],
    ],
    palette,
  );
}

/** The same for whoever is not the label holder. */
export function elsewherePage(labelHolder: string, jobId: string): string {
  return [
    paragraph(`${shortJobId(jobId)} finished. Only ${labelHolder} has the scores, in its participant home:`),
    `  jobs/${jobId}/scores.csv`,
  ].join('\n');
}
