// Original file: proto/fedrisk/v1/jobs.proto


export interface ListPartiesRequest {
}

export interface ListPartiesRequest__Output {
}
