package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"log"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// {{REGISTER}}
func polarWebhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil || !polarVerified(r.Header, body, os.Getenv("{{SECRET}}")) {
		http.Error(w, "This delivery is not verified.", http.StatusForbidden)
		return
	}
	log.Printf("%s", body)
	w.WriteHeader(http.StatusAccepted)
}

func polarVerified(header http.Header, body []byte, secret string) bool {
	timestamp, err := strconv.ParseInt(header.Get("webhook-timestamp"), 10, 64)
	if err != nil || secret == "" || math.Abs(time.Since(time.Unix(timestamp, 0)).Seconds()) > 300 {
		return false
	}
	// Polar signs with the whole secret, or with what stands base64-encoded after whsec_.
	keys := [][]byte{[]byte(secret)}
	if key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimPrefix(secret, "whsec_"), "=")); err == nil && len(key) > 0 {
		keys = append(keys, key)
	}
	for _, key := range keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(header.Get("webhook-id") + "." + header.Get("webhook-timestamp") + "."))
		mac.Write(body)
		expected := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		for _, signature := range strings.Fields(header.Get("webhook-signature")) {
			if hmac.Equal([]byte(signature), expected) {
				return true
			}
		}
	}
	return false
}
