import { parse } from 'graphql';

/**
 * The training service's part of the graph. What is personal says so: the Fideslang category it belongs to and the
 * data uses it may be read for, the same that `manifests/training.yml` declares.
 */
export const TYPE_DEFINITIONS = parse(/* GraphQL */ `
  extend schema
    @link(
      url: "https://specs.apollo.dev/federation/v2.7"
      import: ["@key", "@shareable", "@composeDirective"]
    )
    @link(url: "https://habeas.dev/personal-data/v1.0", import: ["@personalData"])
    @composeDirective(name: "@personalData")

  "Personal data: its Fideslang category, the data uses it may be read for, and whose it is."
  directive @personalData(
    category: String!
    purposes: [String!]! = []
    subject: String = "customer"
  ) on FIELD_DEFINITION

  "RFC 3339, always UTC."
  scalar DateTime

  "ISO 8601 calendar date."
  scalar Date

  type Query {
    "Every run of every course, soonest first; public."
    courses("Only courses about this." topic: String): [Course!]!
    "One run of a course; null where there is none of this id."
    course("The run's number." id: ID!): Course
  }

  "Somebody with an account at Lantern Education."
  type Account @key(fields: "id") {
    "The account's id."
    id: ID!
    "What the training team holds; null for somebody who never booked."
    training: TrainingRecord
  }

  "Somebody's record with the training team."
  type TrainingRecord {
    "When the person first registered as a learner."
    registeredAt: DateTime
      @personalData(category: "user.account", purposes: ["essential.service", "functional.service.improve"])
    "What the person needs to take part, in their own words."
    accessNeeds: String @personalData(category: "user.health_and_medical", purposes: ["essential.service"])
    "Bookings in the order they were made, at most 200 at a time."
    bookings("How many, 1 to 200." first: Int = 50, "The cursor to go on from." after: String): BookingConnection
    "Every certificate the person has earned, oldest first."
    certificates: [Certificate!]
    "The next course the person has a place on."
    nextCourse: Course
      @personalData(
        category: "user.content"
        purposes: ["essential.service", "functional.service.improve", "analytics.reporting"]
      )
  }

  "A page of bookings, as the Relay cursor specification has it."
  type BookingConnection {
    "The bookings, each with its cursor."
    edges: [BookingEdge!]!
    "The bookings alone."
    nodes: [Booking!]!
    "Whether there is more."
    pageInfo: PageInfo!
    "How many bookings there are altogether."
    totalCount: Int!
  }

  "One booking of a page."
  type BookingEdge {
    "Where to go on from."
    cursor: String!
    "The booking."
    node: Booking!
  }

  "Where a page stands among the others."
  type PageInfo @shareable {
    "Whether there is a page after this one."
    hasNextPage: Boolean!
    "Whether there is a page before this one."
    hasPreviousPage: Boolean!
    "Cursor of the first item; null on an empty page."
    startCursor: String
    "Cursor of the last item; null on an empty page."
    endCursor: String
  }

  "A place on a course, taken by one person."
  type Booking @key(fields: "id") {
    "The booking's number."
    id: ID!
    "When it was made."
    bookedAt: DateTime
      @personalData(
        category: "user.content"
        purposes: ["essential.service", "functional.service.improve", "analytics.reporting"]
      )
    "confirmed, completed or cancelled."
    status: String
      @personalData(
        category: "user.content"
        purposes: ["essential.service", "functional.service.improve", "analytics.reporting"]
      )
    "Whether the person came; null before the course and where the booking was cancelled."
    attended: Boolean @personalData(category: "user.behavior", purposes: ["essential.service", "analytics.reporting"])
    "What the person said of the course."
    feedback: String
      @personalData(
        category: "user.content"
        purposes: ["essential.service", "functional.service.improve", "analytics.reporting"]
      )
    "The course booked."
    course: Course
      @personalData(
        category: "user.content"
        purposes: ["essential.service", "functional.service.improve", "analytics.reporting"]
      )
  }

  "Proof that a person completed a course."
  type Certificate @key(fields: "id") {
    "The certificate's number in the database."
    id: ID!
    "The number printed on it."
    serial: String
      @personalData(category: "user.unique_id", purposes: ["essential.service"])
    "The day it was issued."
    issuedOn: Date
      @personalData(
        category: "user.content"
        purposes: ["essential.service", "functional.service.improve", "analytics.reporting"]
      )
    "The day it stops being valid; null where it never does."
    expiresOn: Date
      @personalData(
        category: "user.content"
        purposes: ["essential.service", "functional.service.improve", "analytics.reporting"]
      )
  }

  "One run of a course. Nothing in it is personal."
  type Course @key(fields: "id") {
    "The run's number."
    id: ID!
    "What the course is called."
    title: String!
    "What it is about, in a sentence."
    summary: String!
    "The part of the catalogue it belongs to."
    topic: String!
    "online, face to face or recorded."
    format: String!
    "The day it takes place."
    startsOn: Date!
    "How many people can take part."
    places: Int!
  }
`);
