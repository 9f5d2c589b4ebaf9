// Original file: proto/fedrisk/v1/participant.proto


export interface Heartbeat {
}

export interface Heartbeat__Output {
}
