CREATE TYPE "public"."address_kind" AS ENUM('EMAIL', 'PHONE', 'POST');--> statement-breakpoint
CREATE TYPE "public"."marketing_channel" AS ENUM('EMAIL', 'PHONE', 'SMS', 'POST');--> statement-breakpoint
CREATE TYPE "public"."preference_action" AS ENUM('SAID', 'UNSUBSCRIBED', 'UNDONE');--> statement-breakpoint
CREATE TYPE "public"."preference_scope" AS ENUM('ALL', 'CHANNEL', 'TOPIC');--> statement-breakpoint
CREATE TABLE "contact_fingerprints" (
	"account_id" uuid NOT NULL,
	"kind" "address_kind" NOT NULL,
	"fingerprint" "bytea" NOT NULL,
	"verified" boolean NOT NULL,
	CONSTRAINT "contact_fingerprints_account_id_kind_fingerprint_pk" PRIMARY KEY("account_id","kind","fingerprint")
);
--> statement-breakpoint
CREATE TABLE "preference_events" (
	"account_id" uuid NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "preference_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"scope" "preference_scope" NOT NULL,
	"key" text NOT NULL,
	"action" "preference_action" NOT NULL,
	"allowed" boolean NOT NULL,
	"undoes" bigint,
	"occurred_at" timestamp with time zone NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"channel" "collection_channel" NOT NULL,
	"actor" text NOT NULL,
	"evidence" text,
	CONSTRAINT "preference_events_account_id_id_pk" PRIMARY KEY("account_id","id"),
	CONSTRAINT "preference_events_act" UNIQUE("account_id","scope","key","occurred_at","action","allowed")
);
--> statement-breakpoint
CREATE TABLE "preference_states" (
	"account_id" uuid NOT NULL,
	"scope" "preference_scope" NOT NULL,
	"key" text NOT NULL,
	"allowed" boolean NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"event_id" bigint NOT NULL,
	CONSTRAINT "preference_states_account_id_scope_key_pk" PRIMARY KEY("account_id","scope","key")
);
--> statement-breakpoint
CREATE TABLE "soft_opt_ins" (
	"account_id" uuid NOT NULL,
	"channel" "marketing_channel" NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"address_collected_by_us" boolean NOT NULL,
	"in_sale_or_negotiation" boolean NOT NULL,
	"similar_products_only" boolean NOT NULL,
	"refusal_offered_at_collection" boolean NOT NULL,
	"refusal_offered_in_every_message" boolean NOT NULL,
	"actor" text NOT NULL,
	"evidence" text NOT NULL,
	CONSTRAINT "soft_opt_ins_account_id_channel_occurred_at_pk" PRIMARY KEY("account_id","channel","occurred_at")
);
--> statement-breakpoint
CREATE TABLE "suppressions" (
	"fingerprint" "bytea" NOT NULL,
	"scope" "preference_scope" NOT NULL,
	"key" text NOT NULL,
	"suppressed" boolean NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"source" text NOT NULL,
	CONSTRAINT "suppressions_fingerprint_scope_key_pk" PRIMARY KEY("fingerprint","scope","key")
);
--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "contacts_known" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "contact_fingerprints" ADD CONSTRAINT "contact_fingerprints_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "preference_states" ADD CONSTRAINT "preference_states_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "contact_fingerprints_fingerprint" ON "contact_fingerprints" USING btree ("fingerprint");--> statement-breakpoint
CREATE UNIQUE INDEX "preference_events_undone" ON "preference_events" USING btree ("account_id","undoes") WHERE "preference_events"."undoes" is not null;--> statement-breakpoint
CREATE INDEX "preference_states_allowed" ON "preference_states" USING btree ("scope","key","account_id") WHERE "preference_states"."allowed";--> statement-breakpoint
CREATE INDEX "soft_opt_ins_channel" ON "soft_opt_ins" USING btree ("channel","account_id");--> statement-breakpoint
CREATE TRIGGER "only_added" BEFORE UPDATE OR DELETE OR TRUNCATE ON "preference_events" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();--> statement-breakpoint
ALTER TABLE "preference_events" ENABLE ALWAYS TRIGGER "only_added";--> statement-breakpoint
CREATE TRIGGER "only_added" BEFORE UPDATE OR DELETE OR TRUNCATE ON "soft_opt_ins" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();--> statement-breakpoint
ALTER TABLE "soft_opt_ins" ENABLE ALWAYS TRIGGER "only_added";--> statement-breakpoint
ALTER TABLE "soft_opt_ins" ADD CONSTRAINT "soft_opt_ins_whole" CHECK ("address_collected_by_us" AND "in_sale_or_negotiation" AND "similar_products_only" AND "refusal_offered_at_collection" AND "refusal_offered_in_every_message" AND "channel" IN ('EMAIL', 'SMS'));--> statement-breakpoint
CREATE FUNCTION "keep_refusals"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO suppressions (fingerprint, scope, key, suppressed, since, recorded_at, source)
	SELECT DISTINCT ON (contact.fingerprint, refused.scope, refused.key)
		contact.fingerprint, refused.scope, refused.key, true, refused.since, now(), 'erasure'
	FROM contact_fingerprints contact, (
		SELECT scope, key, since FROM preference_states WHERE account_id = OLD.id AND NOT allowed
		UNION ALL
		SELECT 'ALL', '', since FROM objections
		WHERE account_id = OLD.id AND purpose IN ('marketing', 'marketing.communications')
		UNION ALL
		SELECT 'CHANNEL', upper(split_part(purpose, '.', 3)), since FROM objections
		WHERE account_id = OLD.id AND purpose IN ('marketing.communications.email', 'marketing.communications.sms')
	) refused
	WHERE contact.account_id = OLD.id
	ORDER BY contact.fingerprint, refused.scope, refused.key, refused.since DESC
	ON CONFLICT (fingerprint, scope, key) DO UPDATE
		SET suppressed = true, since = excluded.since, recorded_at = excluded.recorded_at, source = excluded.source
		WHERE excluded.since >= suppressions.since AND NOT suppressions.suppressed;
	IF TG_OP = 'DELETE' THEN
		RETURN OLD;
	END IF;
	RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER "erasure_keeps_refusals" BEFORE UPDATE OF "status" ON "accounts" FOR EACH ROW WHEN (NEW.status IN ('ERASING', 'ERASED') AND NEW.status <> OLD.status) EXECUTE FUNCTION "keep_refusals"();--> statement-breakpoint
CREATE TRIGGER "removal_keeps_refusals" BEFORE DELETE ON "accounts" FOR EACH ROW EXECUTE FUNCTION "keep_refusals"();
