package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"sort"

	"github.com/dapr/go-sdk/client"
	"github.com/dapr/go-sdk/service/common"
	"github.com/dapr/go-sdk/service/grpc"
	"github.com/dapr/go-sdk/service/http"
)

// app is what the hub calls, with Dapr's service for Go.
type app struct {
	service common.Service
	inboxes map[string]chan string
}

func newApp(protocol string) *app {
	a := &app{service: newService(protocol), inboxes: map[string]chan string{}}
	for _, name := range []string{"orders", "texts", "readings", "dead", "urgent", "other"} {
		a.inboxes[name] = make(chan string, 100)
	}
	if err := first(a.addMethods(), a.addTopics(), a.addNewerTopics()); err != nil {
		log.Fatal(err)
	}
	return a
}

func newService(protocol string) common.Service {
	address := "127.0.0.1:" + os.Getenv("APP_PORT")
	if protocol == "http" {
		return http.NewService(address)
	}
	service, err := grpc.NewService(address)
	if err != nil {
		log.Fatal(err)
	}
	return service
}

func (a *app) start() error { return a.service.Start() }

func (a *app) addMethods() error {
	order := func(_ context.Context, in *common.InvocationEvent) (*common.Content, error) {
		answer := fmt.Sprintf("%s %s %s", in.Verb, in.QueryString, in.Data)
		return &common.Content{Data: []byte(answer), ContentType: "text/plain"}, nil
	}
	fail := func(context.Context, *common.InvocationEvent) (*common.Content, error) {
		return nil, fmt.Errorf("out of stock")
	}
	return first(a.service.AddServiceInvocationHandler("/order", order),
		a.service.AddServiceInvocationHandler("/fail", fail))
}

func (a *app) addTopics() error {
	subscribe := func(topic, inbox, match string) error {
		into := func(_ context.Context, event *common.TopicEvent) (bool, error) {
			a.inboxes[inbox] <- content(event)
			return false, nil
		}
		return a.service.AddTopicEventHandler(&common.Subscription{PubsubName: bus, Topic: topic,
			Route: "/" + inbox, Match: match, Priority: 1}, into)
	}
	return first(subscribe("orders", "orders", ""), subscribe("texts", "texts", ""),
		subscribe("readings", "readings", ""), subscribe("dead", "dead", ""),
		subscribe("routed", "urgent", `event.type == "urgent"`), subscribe("routed", "other", ""))
}

// content is a text as it is, and other data as JSON.
func content(event *common.TopicEvent) string {
	if text, ok := event.Data.(string); ok {
		return text
	}
	return string(event.RawData)
}

func (a *app) cases(ctx context.Context, dapr client.Client) []namedCase {
	with := func(run func(context.Context, client.Client) error) func() error {
		return func() error { return run(ctx, dapr) }
	}
	return []namedCase{
		{"invoke: the app itself", with(a.invoke)},
		{"invoke: a method that fails", with(a.invokeFailing)},
		{"publish and subscribe", with(a.publish)},
		{"publish and subscribe: text", with(a.publishText)},
		{"publish and subscribe: a CloudEvent, by rules", with(a.publishByRules)},
		{"bulk publish", with(a.bulkPublish)},
	}
}

func (a *app) invoke(ctx context.Context, dapr client.Client) error {
	content := &client.DataContent{ContentType: "text/plain", Data: []byte("灯")}
	answer, err := dapr.InvokeMethodWithContent(ctx, "shop", "order?n=2", "post", content)
	return first(err, same(string(answer), "POST n=2 灯"))
}

func (a *app) invokeFailing(ctx context.Context, dapr client.Client) error {
	if _, err := dapr.InvokeMethod(ctx, "shop", "fail", "get"); err == nil {
		return fmt.Errorf("no error")
	}
	return nil
}

func (a *app) publish(ctx context.Context, dapr client.Client) error {
	return first(dapr.PublishEvent(ctx, bus, "orders", map[string]int{"id": 7}),
		takes(a.inboxes["orders"], `{"id":7}`))
}

func (a *app) publishText(ctx context.Context, dapr client.Client) error {
	return first(dapr.PublishEvent(ctx, bus, "texts", "hello",
		client.PublishEventWithContentType("text/plain")), takes(a.inboxes["texts"], "hello"))
}

func (a *app) publishByRules(ctx context.Context, dapr client.Client) error {
	send := func(kind string) error {
		event, err := json.Marshal(map[string]interface{}{"specversion": "1.0", "id": kind,
			"source": "/shop", "type": kind, "data": kind, "datacontenttype": "text/plain"})
		return first(err, dapr.PublishEvent(ctx, bus, "routed", event,
			client.PublishEventWithContentType("application/cloudevents+json")))
	}
	return first(send("urgent"), send("slow"), takes(a.inboxes["urgent"], "urgent"),
		takes(a.inboxes["other"], "slow"))
}

func (a *app) bulkPublish(ctx context.Context, dapr client.Client) error {
	answer := dapr.PublishEvents(ctx, bus, "readings", []interface{}{"one", "two",
		client.PublishEventsEvent{EntryID: "3", Data: []byte("three"), ContentType: "text/plain"}})
	if err := first(answer.Error, same(len(answer.FailedEvents), 0)); err != nil {
		return err
	}
	var found []string
	for range [3]int{} {
		one, err := take(a.inboxes["readings"])
		if err != nil {
			return err
		}
		found = append(found, one)
	}
	sort.Strings(found)
	return same(found, []string{"one", "three", "two"})
}
