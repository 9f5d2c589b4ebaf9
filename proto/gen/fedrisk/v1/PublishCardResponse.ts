// Original file: proto/fedrisk/v1/participant.proto


export interface PublishCardResponse {
}

export interface PublishCardResponse__Output {
}
