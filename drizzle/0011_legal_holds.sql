CREATE TABLE "legal_hold_releases" (
	"hold_id" uuid PRIMARY KEY NOT NULL,
	"note" text NOT NULL,
	"released_by" text NOT NULL,
	"released_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "legal_holds" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"service" text,
	"collection" text,
	"reason" text NOT NULL,
	"placed_by" text NOT NULL,
	"placed_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "legal_hold_releases" ADD CONSTRAINT "legal_hold_releases_hold_id_legal_holds_id_fk" FOREIGN KEY ("hold_id") REFERENCES "public"."legal_holds"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "legal_holds_account" ON "legal_holds" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "legal_holds_placed" ON "legal_holds" USING btree ("placed_at" DESC NULLS FIRST,"id");--> statement-breakpoint
CREATE TRIGGER "only_added" BEFORE UPDATE OR DELETE OR TRUNCATE ON "legal_holds" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();--> statement-breakpoint
ALTER TABLE "legal_holds" ENABLE ALWAYS TRIGGER "only_added";--> statement-breakpoint
CREATE TRIGGER "only_added" BEFORE UPDATE OR DELETE OR TRUNCATE ON "legal_hold_releases" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();--> statement-breakpoint
ALTER TABLE "legal_hold_releases" ENABLE ALWAYS TRIGGER "only_added";
