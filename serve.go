package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"liaison/broker"
	"liaison/deploy/protocol"
)

func newServe(now func() time.Time) *cobra.Command {
	var cfg broker.Config
	var tables, cert, key string
	cmd := &cobra.Command{
		Use: "serve", Short: "Run the broker",
		Long: `Run the broker on a folder. Everything that it must not lose lies in there:
keys, accounts, the accepted messages, the decisions and the copies. Back the
folder up as a whole, and keep DIR/keys secret.

When the disk fails or is full, the running broker refuses what members send
(unavailable or full: try later), says why in 'liaison status', and goes on by
itself when the disk works again and takes 16 MiB. At the start it does not wait:
it ends and says what is wrong. It also ends if its message server cannot be
stopped for opening the store again: let something start it anew then.`,
		Example: `  liaison serve --dir /var/lib/liaison
  liaison serve --dir ./broker --listen 127.0.0.1:4222 --protocol ./protocol`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needDir(cfg.Dir); err != nil {
				return err
			}
			cfg.Log = newLog(cmd.ErrOrStderr(), slog.LevelInfo)
			var err error
			if cfg.TLS, err = serverTLS(cert, key); err != nil {
				return err
			}
			cfg.Default, cfg.Now = protocol.Tables, now
			if tables != "" {
				cfg.Tables = os.DirFS(tables)
			}
			return untilStopped(serve(cmd.Context(), cfg))
		},
	}
	cmd.Flags().StringVar(&cfg.Dir, "dir", "", "the broker's `DIR`; made if it is not there")
	cmd.Flags().StringVar(&cfg.Listen, "listen", "127.0.0.1:4222", "the `ADDRESS` for members' connections")
	cmd.Flags().StringVar(&tables, "protocol", "", "the `DIR` of the protocol tables (default: the embedded set of 2009)")
	cmd.Flags().StringVar(&cert, "tlscert", "", "the server's certificate `FILE` (PEM); read again at each connection")
	cmd.Flags().StringVar(&key, "tlskey", "", "the certificate's private key `FILE` (PEM)")
	cmd.Flags().BoolVar(&cfg.Plain, "plain", false, "let other machines connect without TLS, because something in front encrypts")
	cmd.Flags().Int64Var(&cfg.MaxStore, "max-store", 0, "the most `BYTES` on disk (default what was chosen before, or 16 GiB)")
	return cmd
}

func serve(ctx context.Context, cfg broker.Config) error {
	b, err := broker.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer b.Close()
	if cfg.MaxStore != 0 {
		if err := broker.RememberMaxStore(cfg.Dir, cfg.MaxStore); err != nil {
			return err
		}
	}
	p := b.Policy()
	cfg.Log.Info("serving", "url", b.URL(), "dir", cfg.Dir, "policy", p.Hash(), "judged_by", p.JudgedBy())
	if cfg.Tables != nil {
		defer reloadOnHangup(ctx, b, cfg)()
	}
	return b.Run(ctx)
}

// reloadOnHangup takes the tables that --protocol names into use again at
// every SIGHUP, until the function that it returns is called.
func reloadOnHangup(ctx context.Context, b *broker.Broker, cfg broker.Config) (stop func()) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range hangup {
			if _, err := b.Load(ctx, cfg.Tables, "SIGHUP"); err != nil {
				cfg.Log.Error("reading the tables again", "err", err)
			}
		}
	}()
	return func() {
		signal.Stop(hangup)
		close(hangup)
		<-ended
	}
}

// serverTLS returns the configuration for a certificate, or nil without one. A
// renewed certificate is taken up with the next connection.
func serverTLS(cert, key string) (*tls.Config, error) {
	if cert == "" && key == "" {
		return nil, nil
	}
	if _, err := tls.LoadX509KeyPair(cert, key); err != nil {
		return nil, usageError{fmt.Errorf("--tlscert and --tlskey: %w", err)}
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(cert, key)
		return &pair, err
	}}, nil
}

// openTables returns the tables in a folder, or the embedded ones.
func openTables(dir string) fs.FS {
	if dir == "" {
		return protocol.Tables
	}
	return os.DirFS(dir)
}
