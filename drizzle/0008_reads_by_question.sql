ALTER TABLE "reads" DROP COLUMN "operation";--> statement-breakpoint
ALTER TABLE "reads" DROP COLUMN "document";--> statement-breakpoint
ALTER TABLE "reads" DROP COLUMN "fields";--> statement-breakpoint
ALTER TABLE "reads" DROP COLUMN "services";