CREATE TABLE "read_questions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "read_questions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"digest" text NOT NULL,
	"operation" text,
	"document" text NOT NULL,
	"fields" jsonb NOT NULL,
	"services" text[] NOT NULL,
	CONSTRAINT "read_questions_digest_unique" UNIQUE("digest")
);
--> statement-breakpoint
ALTER TABLE "reads" ADD COLUMN "question_id" bigint;--> statement-breakpoint
INSERT INTO "read_questions" ("digest", "operation", "document", "fields", "services")
SELECT encode(sha256(convert_to(jsonb_build_array(operation, document, fields, services)::text, 'UTF8')), 'hex'),
  operation, document, fields, services
FROM "reads" GROUP BY operation, document, fields, services;--> statement-breakpoint
UPDATE "reads" AS r SET "question_id" = q.id FROM "read_questions" AS q
WHERE q.digest = encode(sha256(convert_to(jsonb_build_array(r.operation, r.document, r.fields, r.services)::text, 'UTF8')), 'hex');--> statement-breakpoint
ALTER TABLE "reads" ALTER COLUMN "question_id" SET NOT NULL;