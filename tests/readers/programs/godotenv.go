// What godotenv gets: `[[file, name], …]` comes in, a list of values goes out.
package main

import (
	"encoding/json"
	"os"

	"github.com/joho/godotenv"
)

func main() {
	var orders [][2]string
	if err := json.NewDecoder(os.Stdin).Decode(&orders); err != nil {
		panic(err)
	}
	values := make([]*string, len(orders))
	for index, order := range orders {
		read, err := godotenv.Read(order[0])
		if value, there := read[order[1]]; err == nil && there {
			values[index] = &value
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(values); err != nil {
		panic(err)
	}
}
