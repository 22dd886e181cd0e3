CREATE TABLE "incidents" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "incidents_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone NOT NULL,
	"service" text NOT NULL,
	"kind" text NOT NULL,
	"account_id" uuid,
	"detail" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "reads" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "reads_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone NOT NULL,
	"actor" text NOT NULL,
	"purpose" text,
	"operation" text,
	"document" text NOT NULL,
	"fields" jsonb NOT NULL,
	"services" text[] NOT NULL,
	"account_ids" uuid[] NOT NULL,
	"withheld" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "reads_of_accounts" (
	"account_id" uuid NOT NULL,
	"read_id" bigint NOT NULL,
	CONSTRAINT "reads_of_accounts_account_id_read_id_pk" PRIMARY KEY("account_id","read_id")
);
--> statement-breakpoint
CREATE TABLE "client_manifests" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"client_id" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"documents" jsonb NOT NULL
);
--> statement-breakpoint
INSERT INTO "reads" ("at", "actor", "purpose", "document", "fields", "services", "account_ids", "withheld")
SELECT "at", "caller", "purpose", '', coalesce((SELECT jsonb_object_agg("category", "category") FROM unnest("categories") AS "category"), '{}'), "services", ARRAY["account_id"], '[]'
FROM "accesses" ORDER BY "id";--> statement-breakpoint
INSERT INTO "reads_of_accounts" ("account_id", "read_id") SELECT "account_ids"[1], "id" FROM "reads";--> statement-breakpoint
DROP TABLE "accesses" CASCADE;--> statement-breakpoint
ALTER TABLE "clients" ADD COLUMN "secret_sha256" "bytea";--> statement-breakpoint
ALTER TABLE "clients" ADD COLUMN "manifest_id" uuid;--> statement-breakpoint
ALTER TABLE "client_manifests" ADD CONSTRAINT "client_manifests_client_id_clients_id_fk" FOREIGN KEY ("client_id") REFERENCES "public"."clients"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "incidents_service" ON "incidents" USING btree ("service","at");--> statement-breakpoint
CREATE INDEX "client_manifests_client" ON "client_manifests" USING btree ("client_id","at");--> statement-breakpoint
CREATE UNIQUE INDEX "clients_secret" ON "clients" USING btree ("secret_sha256");