CREATE SCHEMA "keys";
--> statement-breakpoint
CREATE TYPE "public"."account_status" AS ENUM('ACTIVE', 'RESTRICTED', 'ERASING', 'ERASED');--> statement-breakpoint
CREATE TYPE "public"."identifier_type" AS ENUM('EMAIL', 'PHONE', 'USERNAME', 'EXTERNAL_ID');--> statement-breakpoint
CREATE TYPE "public"."affiliation" AS ENUM('AFFILIATED', 'EXTERNAL');--> statement-breakpoint
CREATE TYPE "public"."collection_channel" AS ENUM('WEB', 'APP', 'EMAIL', 'PHONE', 'LETTER', 'IN_PERSON', 'API', 'BROWSER_SIGNAL');--> statement-breakpoint
CREATE TYPE "public"."privacy_request_status" AS ENUM('RECEIVED', 'AWAITING_IDENTITY', 'PAUSED', 'AWAITING_APPROVAL', 'IN_PROGRESS', 'COMPLETED', 'PARTIALLY_COMPLETED', 'FAILED', 'REJECTED', 'CANCELLED');--> statement-breakpoint
CREATE TYPE "public"."privacy_request_type" AS ENUM('ACCESS', 'PORTABILITY', 'ERASURE', 'RECTIFICATION', 'RESTRICTION', 'OBJECTION', 'COMPLAINT');--> statement-breakpoint
CREATE TYPE "public"."service_task_status" AS ENUM('PENDING', 'RUNNING', 'SUCCEEDED', 'RETRYING', 'FAILED', 'SKIPPED');--> statement-breakpoint
CREATE TABLE "account_identifiers" (
	"account_id" uuid NOT NULL,
	"type" "identifier_type" NOT NULL,
	"fingerprint" "bytea" NOT NULL,
	"verified" boolean NOT NULL,
	CONSTRAINT "account_identifiers_account_id_type_fingerprint_pk" PRIMARY KEY("account_id","type","fingerprint")
);
--> statement-breakpoint
CREATE TABLE "account_logins" (
	"fingerprint" "bytea" PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL
);
--> statement-breakpoint
CREATE TABLE "accounts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"status" "account_status" DEFAULT 'ACTIVE' NOT NULL,
	"record_version" smallint DEFAULT 1 NOT NULL,
	"record" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "service_links" (
	"account_id" uuid NOT NULL,
	"service" text NOT NULL,
	"external_id_fingerprint" "bytea" NOT NULL,
	"linked_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "service_links_account_id_service_pk" PRIMARY KEY("account_id","service")
);
--> statement-breakpoint
CREATE TABLE "accesses" (
	"account_id" uuid NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "accesses_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone NOT NULL,
	"caller" text NOT NULL,
	"purpose" text,
	"categories" text[] NOT NULL,
	"services" text[] NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clients" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"affiliation" "affiliation" NOT NULL,
	"purposes" text[] NOT NULL,
	"country" char(2) NOT NULL,
	"transfer_safeguard" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "keys"."subject_keys" (
	"account_id" uuid PRIMARY KEY NOT NULL,
	"wrapped_key" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "export_packages" (
	"id" uuid PRIMARY KEY NOT NULL,
	"request_id" uuid NOT NULL,
	"account_id" uuid NOT NULL,
	"token_sha256" "bytea" NOT NULL,
	"file_name" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"sha256" text NOT NULL,
	"records" integer NOT NULL,
	"formats" text[] NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"downloads" integer DEFAULT 0 NOT NULL,
	"revoked_at" timestamp with time zone,
	"removed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "privacy_requests" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"type" "privacy_request_type" NOT NULL,
	"status" "privacy_request_status" NOT NULL,
	"channel" "collection_channel" NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"logged_at" timestamp with time zone NOT NULL,
	"due_on" date NOT NULL,
	"completed_at" timestamp with time zone,
	"reason" text,
	"parameters" jsonb NOT NULL,
	"idempotency_key" text
);
--> statement-breakpoint
CREATE TABLE "request_events" (
	"request_id" uuid NOT NULL,
	"sequence" integer NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"note" text,
	CONSTRAINT "request_events_request_id_sequence_pk" PRIMARY KEY("request_id","sequence")
);
--> statement-breakpoint
CREATE TABLE "service_tasks" (
	"request_id" uuid NOT NULL,
	"service" text NOT NULL,
	"status" "service_task_status" DEFAULT 'PENDING' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"records" integer,
	"bytes" bigint,
	"last_error" text,
	"result" jsonb,
	CONSTRAINT "service_tasks_request_id_service_pk" PRIMARY KEY("request_id","service")
);
--> statement-breakpoint
ALTER TABLE "account_identifiers" ADD CONSTRAINT "account_identifiers_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "account_logins" ADD CONSTRAINT "account_logins_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "service_links" ADD CONSTRAINT "service_links_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "export_packages" ADD CONSTRAINT "export_packages_request_id_privacy_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."privacy_requests"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "request_events" ADD CONSTRAINT "request_events_request_id_privacy_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."privacy_requests"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "service_tasks" ADD CONSTRAINT "service_tasks_request_id_privacy_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."privacy_requests"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "account_identifiers_fingerprint" ON "account_identifiers" USING btree ("fingerprint");--> statement-breakpoint
CREATE UNIQUE INDEX "account_identifiers_verified" ON "account_identifiers" USING btree ("type","fingerprint") WHERE "account_identifiers"."verified";--> statement-breakpoint
CREATE UNIQUE INDEX "service_links_external_id" ON "service_links" USING btree ("service","external_id_fingerprint");--> statement-breakpoint
CREATE INDEX "accesses_account" ON "accesses" USING btree ("account_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "clients_name" ON "clients" USING btree ("name");--> statement-breakpoint
CREATE UNIQUE INDEX "export_packages_token" ON "export_packages" USING btree ("token_sha256");--> statement-breakpoint
CREATE INDEX "export_packages_request" ON "export_packages" USING btree ("request_id");--> statement-breakpoint
CREATE INDEX "export_packages_account" ON "export_packages" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "export_packages_expiry" ON "export_packages" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "privacy_requests_account" ON "privacy_requests" USING btree ("account_id","received_at");--> statement-breakpoint
CREATE INDEX "privacy_requests_due" ON "privacy_requests" USING btree ("due_on","id");--> statement-breakpoint
CREATE UNIQUE INDEX "privacy_requests_idempotency" ON "privacy_requests" USING btree ("account_id","idempotency_key");