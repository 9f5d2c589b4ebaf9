// Original file: proto/fedrisk/v1/jobs.proto


export interface CancelJobResponse {
}

export interface CancelJobResponse__Output {
}
