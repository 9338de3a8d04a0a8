//go:build !newer

package main

import (
	"context"

	"github.com/dapr/go-sdk/client"
)

const topicCount = 5

func (a *app) addNewerTopics() error { return nil }

func (a *app) newerCases(context.Context, client.Client) []namedCase {
	none := func() error { return skip("the SDK for this Go has it not yet") }
	return []namedCase{
		{"publish and subscribe: dropped, to the dead letter topic", none},
		{"publish and subscribe as a stream", none},
		{"publish and subscribe as a stream with a handler", none},
	}
}
