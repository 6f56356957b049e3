-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
-- Host: db01.internal    Database: helpdesk
-- Dumped by tester_kai for the report

DROP TABLE IF EXISTS `customers`;
CREATE TABLE `customers` (
  `id` int NOT NULL,
  `full_name` varchar(120) DEFAULT NULL,
  `email` varchar(120) DEFAULT NULL,
  `phone` varchar(40) DEFAULT NULL,
  `ssn` int DEFAULT NULL,
  `date_of_birth` date DEFAULT NULL,
  `password_hash` char(32) DEFAULT NULL,
  `created_at` datetime DEFAULT NULL,
  PRIMARY KEY (`id`)
);

INSERT INTO `customers` VALUES (1,'Omar Haddad','omar.haddad@mail.example','+1 313-555-0164',219463021,'1981-04-17','5f4dcc3b5aa765d61d8327deb882cf99','2024-02-11 08:15:00'),(2,'Siobhan O''Brien','siobhan@obrien.example','+44 7700 900318',NULL,'1990-09-02','e99a18c428cb38d5f260853678922e03','2024-03-05 17:40:12'),(3,'Nguyễn Thị Lan','lan.nguyen@mail.example','+1 408-555-0127',536228418,'1996-12-24','25d55ad283aa400af464c76d713c07ad','2024-05-29 11:02:45');

CREATE TABLE `tickets` (
  `id` int NOT NULL,
  `customer_id` int DEFAULT NULL,
  `subject` varchar(200) DEFAULT NULL,
  `body` text,
  PRIMARY KEY (`id`)
);

INSERT INTO `tickets` (`id`, `customer_id`, `subject`, `body`) VALUES
(501,1,'Parcel lost','Hello, this is Omar Haddad. My parcel 1000234599 never arrived at 77 Lake Street, Dearborn, MI 48126. Please call +1 313-555-0164.'),
(502,2,'Refund','I returned order 1000234601 in July. Siobhan'),
(503,3,'Login','Error 0x80070005 when I log in with Chrome/126.0.6478.61');
