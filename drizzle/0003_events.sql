CREATE TYPE "public"."event_delivery_status" AS ENUM('PENDING', 'TOLD', 'DEAD');--> statement-breakpoint
CREATE TABLE "event_deliveries" (
	"account_id" uuid NOT NULL,
	"service" text NOT NULL,
	"position" bigint NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"sequence" bigint,
	"status" "event_delivery_status" DEFAULT 'PENDING' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"tried_at" timestamp with time zone,
	"told_at" timestamp with time zone,
	"failure" text,
	CONSTRAINT "event_deliveries_account_id_service_position_pk" PRIMARY KEY("account_id","service","position")
);
--> statement-breakpoint
CREATE TABLE "event_secrets" (
	"service" text NOT NULL,
	"fingerprint" "bytea" NOT NULL,
	"sealed" "bytea" NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone,
	CONSTRAINT "event_secrets_service_fingerprint_pk" PRIMARY KEY("service","fingerprint")
);
--> statement-breakpoint
CREATE TABLE "event_subscriptions" (
	"service" text PRIMARY KEY NOT NULL,
	"external" boolean NOT NULL,
	"pulls" boolean NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	"failing_since" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "events" (
	"account_id" uuid NOT NULL,
	"position" bigint GENERATED ALWAYS AS IDENTITY (sequence name "events_position_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"type" text NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"purpose" text,
	"policy_version" integer,
	"source_id" text,
	"service" text,
	CONSTRAINT "events_account_id_position_pk" PRIMARY KEY("account_id","position")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "event_deliveries_id" ON "event_deliveries" USING btree ("id");--> statement-breakpoint
CREATE INDEX "event_deliveries_due" ON "event_deliveries" USING btree ("service","due_at") WHERE "event_deliveries"."status" = 'PENDING';--> statement-breakpoint
CREATE INDEX "event_deliveries_dead" ON "event_deliveries" USING btree ("service","position") WHERE "event_deliveries"."status" = 'DEAD';--> statement-breakpoint
CREATE UNIQUE INDEX "event_deliveries_feed" ON "event_deliveries" USING btree ("service","sequence") WHERE "event_deliveries"."sequence" is not null;--> statement-breakpoint
CREATE INDEX "event_deliveries_unplaced" ON "event_deliveries" USING btree ("service","position") WHERE "event_deliveries"."sequence" is null;