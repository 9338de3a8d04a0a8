package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/dapr/go-sdk/client"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	store    = "statestore"
	bus      = "pubsub"
	settings = "configstore"
	secrets  = "secretstore"
)

// blocks is what an app asks of the hub, with Dapr's client for Go.
type blocks struct {
	ctx  context.Context
	dapr client.Client
	key  string
}

func newBlocks(ctx context.Context, dapr client.Client) *blocks {
	return &blocks{ctx, dapr, fmt.Sprint(time.Now().UnixNano())}
}

func (b *blocks) cases() []namedCase {
	return []namedCase{
		{"invoke: GET", b.invoke},
		{"invoke: POST with a body and a query", b.invokeWithBody},
		{"invoke: the app's 404", b.invokeMissing},
		{"state: save and get", b.saveAndGet},
		{"state: what is not there", b.getNothing},
		{"state: bulk", b.bulk},
		{"state: delete", b.remove},
		{"state: transaction", b.transaction},
		{"state: ETag conflict", b.etagConflict},
		{"state: an unknown store", b.unknownStore},
		{"configuration: get", b.configuration},
		{"configuration: subscribe", b.subscribeConfiguration},
		{"secrets: get", b.secret},
		{"secrets: bulk", b.allSecrets},
		{"metadata", b.metadata},
	}
}

func hasCode(err error, wanted codes.Code) error {
	return same(status.Code(err), wanted)
}

func (b *blocks) invoke() error {
	answer, err := b.dapr.InvokeMethod(b.ctx, "lamp", "status", "get")
	return first(err, same(string(answer), `{"on":true}`))
}

func (b *blocks) invokeWithBody() error {
	content := &client.DataContent{ContentType: "application/json", Data: []byte(`{"n":1}`)}
	answer, err := b.dapr.InvokeMethodWithContent(b.ctx, "lamp", "echo?a=1", "post", content)
	if err != nil {
		return err
	}
	var told struct{ Method, Path, Query, Body string }
	if err := json.Unmarshal(answer, &told); err != nil {
		return err
	}
	return first(same(told.Method+told.Path, "POST/echo"), same(told.Query, "a=1"),
		same(told.Body, `{"n":1}`))
}

func (b *blocks) invokeMissing() error {
	_, err := b.dapr.InvokeMethod(b.ctx, "lamp", "missing", "get")
	return hasCode(err, codes.NotFound)
}

// holds checks a key's value; "" is that of a key which is not there.
func (b *blocks) holds(key, wanted string) error {
	found, err := b.dapr.GetState(b.ctx, store, key, nil)
	if err != nil {
		return err
	}
	return first(same(string(found.Value), wanted), same(found.Etag == "", wanted == ""))
}

func (b *blocks) save(key, value string) error {
	return b.dapr.SaveState(b.ctx, store, key, []byte(value), nil)
}

func (b *blocks) saveAndGet() error {
	return first(b.save(b.key, `{"name":"灯"}`), b.holds(b.key, `{"name":"灯"}`))
}

func (b *blocks) getNothing() error { return b.holds("never-"+b.key, "") }

func (b *blocks) bulk() error {
	items := []*client.SetStateItem{
		{Key: b.key + "-a", Value: []byte("a")}, {Key: b.key + "-b", Value: []byte("b")}}
	if err := b.dapr.SaveBulkState(b.ctx, store, items...); err != nil {
		return err
	}
	keys := []string{b.key + "-a", b.key + "-b", "never-" + b.key}
	found, err := b.dapr.GetBulkState(b.ctx, store, keys, nil, 2)
	if err != nil {
		return err
	}
	values := map[string]string{}
	for _, item := range found {
		values[item.Key] = string(item.Value)
	}
	return first(same(values, map[string]string{keys[0]: "a", keys[1]: "b", keys[2]: ""}),
		b.dapr.DeleteBulkState(b.ctx, store, keys, nil), b.holds(keys[0], ""))
}

func (b *blocks) remove() error {
	return first(b.save(b.key, "1"), b.dapr.DeleteState(b.ctx, store, b.key, nil),
		b.holds(b.key, ""))
}

func (b *blocks) transaction() error {
	added := b.key + "-new"
	err := first(b.save(b.key, "old"), b.dapr.ExecuteStateTransaction(b.ctx, store, nil,
		[]*client.StateOperation{
			{Type: client.StateOperationTypeUpsert,
				Item: &client.SetStateItem{Key: added, Value: []byte("new")}},
			{Type: client.StateOperationTypeDelete, Item: &client.SetStateItem{Key: b.key}},
		}))
	return first(err, b.holds(added, "new"), b.holds(b.key, ""))
}

func (b *blocks) etagConflict() error {
	if err := b.save(b.key, "1"); err != nil {
		return err
	}
	found, err := b.dapr.GetState(b.ctx, store, b.key, nil)
	if err != nil {
		return err
	}
	save := func(value string) error {
		return b.dapr.SaveStateWithETag(b.ctx, store, b.key, []byte(value), found.Etag, nil,
			client.WithConcurrency(client.StateConcurrencyFirstWrite))
	}
	if err := save("2"); err != nil {
		return err
	}
	etag := &client.ETag{Value: found.Etag}
	return first(hasCode(save("3"), codes.Aborted),
		hasCode(b.dapr.DeleteStateWithETag(b.ctx, store, b.key, etag, nil, nil), codes.Aborted),
		b.holds(b.key, "2"))
}

func (b *blocks) unknownStore() error {
	_, err := b.dapr.GetState(b.ctx, "no-such-store", "a", nil)
	if text := fmt.Sprint(err); !strings.Contains(text, "state store no-such-store is not found") {
		return fmt.Errorf("the error is %s", text)
	}
	return nil
}

func (b *blocks) configuration() error {
	found, err := b.dapr.GetConfigurationItems(b.ctx, settings, []string{"color", "never"})
	if err != nil {
		return err
	}
	if len(found) != 1 || found["color"].Version == "" {
		return fmt.Errorf("found %v", found)
	}
	return same(found["color"].Value, "white")
}

func (b *blocks) subscribeConfiguration() error {
	told := make(chan string, 10)
	handle := func(_ string, items map[string]*client.ConfigurationItem) {
		if item, ok := items["level"]; ok {
			told <- item.Value
		}
	}
	id, err := b.dapr.SubscribeConfigurationItems(b.ctx, settings, []string{"level"}, handle)
	if err != nil {
		return err
	}
	content := &client.DataContent{Data: []byte(`{"level":"4"}`)}
	_, err = b.dapr.InvokeMethodWithContent(b.ctx, "lamp", "configure", "post", content)
	return first(err, takes(told, "4"),
		b.dapr.UnsubscribeConfigurationItems(b.ctx, settings, id))
}

func (b *blocks) secret() error {
	pin, err := b.dapr.GetSecret(b.ctx, secrets, "pin", nil)
	if err != nil {
		return err
	}
	db, err := b.dapr.GetSecret(b.ctx, secrets, "db", nil)
	return first(err, same(pin, map[string]string{"pin": "1234"}),
		same(db, map[string]string{"user": "u", "password": "p"}))
}

func (b *blocks) allSecrets() error {
	found, err := b.dapr.GetBulkSecret(b.ctx, secrets, nil)
	return first(err, same(found["pin"], map[string]string{"pin": "1234"}),
		same(found["db"], map[string]string{"user": "u", "password": "p"}))
}

func (b *blocks) metadata() error {
	if err := b.dapr.SetMetadata(b.ctx, "shelf", "b"); err != nil {
		return err
	}
	found, err := b.dapr.GetMetadata(b.ctx)
	if err != nil {
		return err
	}
	for _, component := range found.RegisteredComponents {
		if component.Name == store {
			return first(same(found.ID, "shop"), same(found.ExtendedMetadata["shelf"], "b"),
				same(component.Type, "state.sqlite"))
		}
	}
	return fmt.Errorf("%s is not among the components", store)
}
