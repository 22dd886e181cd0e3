CREATE TABLE "event_attempts" (
	"service" text NOT NULL,
	"outcome" text NOT NULL,
	"attempts" bigint NOT NULL,
	CONSTRAINT "event_attempts_service_outcome_pk" PRIMARY KEY("service","outcome")
);
--> statement-breakpoint
ALTER TABLE "event_subscriptions" ADD COLUMN "pruned_to" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "event_subscriptions" ADD COLUMN "pruned" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "events_recorded_at" ON "events" USING brin ("recorded_at");