//go:build newer

package main

import (
	"context"
	"fmt"

	"github.com/dapr/go-sdk/client"
	"github.com/dapr/go-sdk/service/common"
)

const topicCount = 6

// addNewerTopics is of what the SDK has since version 1.11, as are the cases.
func (a *app) addNewerTopics() error {
	refuse := func(context.Context, *common.TopicEvent) (bool, error) {
		return false, fmt.Errorf("not wanted")
	}
	return a.service.AddTopicEventHandler(&common.Subscription{PubsubName: bus, Topic: "refused",
		Route: "/refused", DeadLetterTopic: "dead"}, refuse)
}

func (a *app) newerCases(ctx context.Context, dapr client.Client) []namedCase {
	return []namedCase{
		{"publish and subscribe: dropped, to the dead letter topic", func() error {
			return a.drop(ctx, dapr)
		}},
		{"publish and subscribe as a stream", func() error { return stream(ctx, dapr) }},
		{"publish and subscribe as a stream with a handler", func() error {
			return streamWithHandler(ctx, dapr)
		}},
	}
}

func (a *app) drop(ctx context.Context, dapr client.Client) error {
	return first(dapr.PublishEvent(ctx, bus, "refused", "bad"), takes(a.inboxes["dead"], "bad"))
}

func stream(ctx context.Context, dapr client.Client) error {
	subscription, err := dapr.Subscribe(ctx,
		client.SubscriptionOptions{PubsubName: bus, Topic: "bills"})
	if err != nil {
		return err
	}
	if err := dapr.PublishEvent(ctx, bus, "bills", "first"); err != nil {
		return err
	}
	event, err := subscription.Receive()
	if err != nil {
		return err
	}
	return first(same(string(event.RawData), "first"), same(event.Topic, "bills"),
		event.Success(), subscription.Close())
}

func streamWithHandler(ctx context.Context, dapr client.Client) error {
	inbox := make(chan string, 10)
	handle := func(event *common.TopicEvent) common.SubscriptionResponseStatus {
		inbox <- string(event.RawData)
		return common.SubscriptionResponseStatusSuccess
	}
	end, err := dapr.SubscribeWithHandler(ctx,
		client.SubscriptionOptions{PubsubName: bus, Topic: "handled"}, handle)
	if err != nil {
		return err
	}
	return first(dapr.PublishEvent(ctx, bus, "handled", "1"), takes(inbox, "1"),
		dapr.PublishEvent(ctx, bus, "handled", "2"), takes(inbox, "2"), end())
}
