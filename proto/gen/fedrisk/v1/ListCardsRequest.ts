// Original file: proto/fedrisk/v1/participant.proto


export interface ListCardsRequest {
}

export interface ListCardsRequest__Output {
}
