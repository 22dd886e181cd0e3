CREATE TABLE "device_consent_events" (
	"id_sha256" "bytea" NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "device_consent_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"purpose" text NOT NULL,
	"action" "consent_action" NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"policy_version" integer NOT NULL,
	"valid_until" timestamp with time zone,
	"wording" text,
	"locale" text,
	CONSTRAINT "device_consent_events_id_sha256_id_pk" PRIMARY KEY("id_sha256","id")
);
--> statement-breakpoint
CREATE TABLE "devices" (
	"id_sha256" "bytea" PRIMARY KEY NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"keep_until" timestamp with time zone NOT NULL,
	"joined_as" "bytea"
);
--> statement-breakpoint
ALTER TABLE "device_consent_events" ADD CONSTRAINT "device_consent_events_id_sha256_devices_id_sha256_fk" FOREIGN KEY ("id_sha256") REFERENCES "public"."devices"("id_sha256") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "devices_keep_until" ON "devices" USING btree ("keep_until");--> statement-breakpoint
CREATE FUNCTION "refuse_early_removal"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_TABLE_NAME = 'devices' THEN
		IF OLD.keep_until <= now() THEN
			RETURN OLD;
		END IF;
	ELSIF NOT EXISTS (SELECT FROM devices WHERE id_sha256 = OLD.id_sha256) THEN
		RETURN OLD;
	END IF;
	RAISE EXCEPTION 'rows of % are kept for a time', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
--> statement-breakpoint
CREATE TRIGGER "kept" BEFORE DELETE ON "devices" FOR EACH ROW EXECUTE FUNCTION "refuse_early_removal"();--> statement-breakpoint
ALTER TABLE "devices" ENABLE ALWAYS TRIGGER "kept";--> statement-breakpoint
CREATE TRIGGER "not_emptied" BEFORE TRUNCATE ON "devices" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();--> statement-breakpoint
ALTER TABLE "devices" ENABLE ALWAYS TRIGGER "not_emptied";--> statement-breakpoint
CREATE TRIGGER "kept_longer_only" BEFORE UPDATE ON "devices" FOR EACH ROW WHEN (NEW.id_sha256 <> OLD.id_sha256 OR NEW.created_at <> OLD.created_at OR NEW.keep_until < OLD.keep_until OR (OLD.joined_as IS NOT NULL AND NEW.joined_as IS DISTINCT FROM OLD.joined_as)) EXECUTE FUNCTION "refuse_change"();--> statement-breakpoint
ALTER TABLE "devices" ENABLE ALWAYS TRIGGER "kept_longer_only";--> statement-breakpoint
CREATE TRIGGER "only_added" BEFORE UPDATE OR TRUNCATE ON "device_consent_events" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();--> statement-breakpoint
ALTER TABLE "device_consent_events" ENABLE ALWAYS TRIGGER "only_added";--> statement-breakpoint
CREATE TRIGGER "kept" BEFORE DELETE ON "device_consent_events" FOR EACH ROW EXECUTE FUNCTION "refuse_early_removal"();--> statement-breakpoint
ALTER TABLE "device_consent_events" ENABLE ALWAYS TRIGGER "kept";
