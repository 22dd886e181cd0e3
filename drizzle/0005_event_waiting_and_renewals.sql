CREATE TABLE "consent_renewals" (
	"account_id" uuid NOT NULL,
	"purpose" text NOT NULL,
	"policy_version" integer NOT NULL,
	"asked_at" timestamp with time zone NOT NULL,
	CONSTRAINT "consent_renewals_account_id_purpose_policy_version_pk" PRIMARY KEY("account_id","purpose","policy_version")
);
--> statement-breakpoint
ALTER TABLE "event_deliveries" ADD COLUMN "pending_since" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "consent_renewals" ADD CONSTRAINT "consent_renewals_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "consent_states_renewal" ON "consent_states" USING btree ("purpose","policy_version") WHERE "consent_states"."status" = 'GIVEN';