CREATE TYPE "public"."tombstone_kind" AS ENUM('ACCOUNT', 'LINK', 'IDENTIFIER');--> statement-breakpoint
CREATE TABLE "restored_accounts" (
	"account_id" uuid PRIMARY KEY NOT NULL,
	"found_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tombstones" (
	"hash" "bytea" PRIMARY KEY NOT NULL,
	"kind" "tombstone_kind" NOT NULL,
	"erased_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TRIGGER "only_added" BEFORE UPDATE OR DELETE OR TRUNCATE ON "tombstones" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();--> statement-breakpoint
ALTER TABLE "tombstones" ENABLE ALWAYS TRIGGER "only_added";--> statement-breakpoint
CREATE TRIGGER "only_added" BEFORE UPDATE OR DELETE OR TRUNCATE ON "restored_accounts" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();--> statement-breakpoint
ALTER TABLE "restored_accounts" ENABLE ALWAYS TRIGGER "only_added";
