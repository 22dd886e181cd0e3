CREATE TYPE "public"."consent_action" AS ENUM('GIVEN', 'WITHDRAWN', 'EXPIRED');--> statement-breakpoint
CREATE TYPE "public"."lawful_basis" AS ENUM('CONSENT', 'CONTRACT', 'LEGAL_OBLIGATION', 'VITAL_INTERESTS', 'PUBLIC_TASK', 'LEGITIMATE_INTERESTS');--> statement-breakpoint
CREATE TABLE "consent_events" (
	"account_id" uuid NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "consent_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"purpose" text NOT NULL,
	"action" "consent_action" NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"policy_version" integer NOT NULL,
	"valid_until" timestamp with time zone,
	"channel" "collection_channel" NOT NULL,
	"actor" text NOT NULL,
	"wording" text,
	"locale" text,
	"evidence" text,
	CONSTRAINT "consent_events_account_id_id_pk" PRIMARY KEY("account_id","id"),
	CONSTRAINT "consent_events_act" UNIQUE("account_id","purpose","occurred_at","action","policy_version")
);
--> statement-breakpoint
CREATE TABLE "consent_states" (
	"account_id" uuid NOT NULL,
	"purpose" text NOT NULL,
	"status" "consent_action" NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"policy_version" integer NOT NULL,
	"valid_until" timestamp with time zone,
	"event_id" bigint NOT NULL,
	CONSTRAINT "consent_states_account_id_purpose_pk" PRIMARY KEY("account_id","purpose")
);
--> statement-breakpoint
CREATE TABLE "objections" (
	"account_id" uuid NOT NULL,
	"purpose" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"channel" "collection_channel" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"request_id" uuid,
	CONSTRAINT "objections_account_id_purpose_pk" PRIMARY KEY("account_id","purpose")
);
--> statement-breakpoint
CREATE TABLE "policies" (
	"version" integer PRIMARY KEY NOT NULL,
	"effective_from" date NOT NULL,
	"title" text NOT NULL,
	"text" text NOT NULL,
	"text_sha256" text NOT NULL,
	"published_at" timestamp with time zone NOT NULL,
	"published_by" text NOT NULL,
	CONSTRAINT "policies_effective_from" UNIQUE("effective_from")
);
--> statement-breakpoint
CREATE TABLE "policy_purposes" (
	"version" integer NOT NULL,
	"purpose" text NOT NULL,
	"title" text NOT NULL,
	"description" text NOT NULL,
	"lawful_basis" "lawful_basis" NOT NULL,
	"categories" text[] NOT NULL,
	"retention" text,
	"recipients" text[] NOT NULL,
	"marketing" boolean NOT NULL,
	"material" boolean NOT NULL,
	CONSTRAINT "policy_purposes_version_purpose_pk" PRIMARY KEY("version","purpose")
);
--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "gate_epoch" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "consent_states" ADD CONSTRAINT "consent_states_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "objections" ADD CONSTRAINT "objections_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "policy_purposes" ADD CONSTRAINT "policy_purposes_version_policies_version_fk" FOREIGN KEY ("version") REFERENCES "public"."policies"("version") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "consent_states_expiry" ON "consent_states" USING btree ("valid_until") WHERE "consent_states"."status" = 'GIVEN';--> statement-breakpoint
CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
--> statement-breakpoint
CREATE TRIGGER "only_added" BEFORE UPDATE OR DELETE OR TRUNCATE ON "consent_events" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();--> statement-breakpoint
ALTER TABLE "consent_events" ENABLE ALWAYS TRIGGER "only_added";--> statement-breakpoint
CREATE TRIGGER "only_added" BEFORE UPDATE OR DELETE OR TRUNCATE ON "policies" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();--> statement-breakpoint
ALTER TABLE "policies" ENABLE ALWAYS TRIGGER "only_added";--> statement-breakpoint
CREATE TRIGGER "only_added" BEFORE UPDATE OR DELETE OR TRUNCATE ON "policy_purposes" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();--> statement-breakpoint
ALTER TABLE "policy_purposes" ENABLE ALWAYS TRIGGER "only_added";--> statement-breakpoint
CREATE FUNCTION "bump_gate_epoch"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.gate_epoch := OLD.gate_epoch + 1;
	RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER "status_bumps_gate_epoch" BEFORE UPDATE OF "status" ON "accounts" FOR EACH ROW WHEN (NEW.status <> OLD.status AND NEW.gate_epoch = OLD.gate_epoch) EXECUTE FUNCTION "bump_gate_epoch"();
